"""What authors of tools need for their tests; nothing at run time imports it."""
