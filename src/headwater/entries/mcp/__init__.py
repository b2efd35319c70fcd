"""MCP: the tools, runs and items for agents."""
