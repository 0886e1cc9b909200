"""The postman: it sends what events call for, and says what became of each mail."""
