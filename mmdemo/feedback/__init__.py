"""What people did in the app: likes, dislikes, plays, skips and votes, kept in a database."""
