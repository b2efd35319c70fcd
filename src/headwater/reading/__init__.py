"""What a question means; pure, it asks nobody."""
