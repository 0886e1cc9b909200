"""The product's five services and the two rooms they share."""
