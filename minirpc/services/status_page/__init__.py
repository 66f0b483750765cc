"""A small web page that shows, while it happens, whom a process calls, who calls it, and which version answers.

::

    status = StatusPage(version_key="geo-version")
    channel = Channel("dns:///geo:50051", interceptors=[status.note_version])
    app = Starlette(routes=[Mount("/status", app=status)])

It is an ASGI application, which any ASGI server runs, alone or below a path of another one.
"""

from minirpc.services.status_page.app import StatusPage

__all__ = ["StatusPage"]
