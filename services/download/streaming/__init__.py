"""How bytes leave: who may fetch them, from where, verified, and counted."""
