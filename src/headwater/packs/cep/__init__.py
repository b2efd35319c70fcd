"""The tools over rules of complex event processing (CEP)."""
