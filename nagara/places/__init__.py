"""Where something lies, what people call it, and when a collection is due there."""
