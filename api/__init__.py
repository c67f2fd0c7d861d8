"""The HTTP door: it reads what came in, calls nagara, and writes what comes out. No rule lives here."""
