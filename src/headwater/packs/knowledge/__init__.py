"""Tools that find passages of documents and answer from them."""
