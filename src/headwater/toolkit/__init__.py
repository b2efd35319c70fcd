"""What a tool is: decorator, schema, registry, and the phrasings that it answers."""
