"""The postman: it sends what facts call for, and says what became of each mail."""
