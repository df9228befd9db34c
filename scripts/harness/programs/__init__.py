"""The programs under test and their peers, how they are started and stopped, and scripted peers."""
