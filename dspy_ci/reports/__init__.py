"""What people and machines read; pure, posts nothing."""
