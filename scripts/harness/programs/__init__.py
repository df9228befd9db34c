"""The programs that take part, how they are started and ended, and scripted stand-ins for them."""
