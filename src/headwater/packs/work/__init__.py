"""What is being done, by whom, and where it stopped: teams, projects, items, sessions."""
