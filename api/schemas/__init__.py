"""What goes in and out over HTTP, a module a room, as the API document shows it."""
