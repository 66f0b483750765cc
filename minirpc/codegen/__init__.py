"""What generated code imports. Each module here is a frozen contract: a change that breaks it comes as a new module."""
