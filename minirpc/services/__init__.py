"""Services that servers commonly offer, written as a user would write them, on generated code."""
