"""Work on the ground: the jobs a request is split into, and links for those who do them without an account."""
