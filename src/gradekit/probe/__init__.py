"""What runs inside the trusted probe container of a pod."""
