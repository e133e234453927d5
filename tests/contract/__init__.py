"""The contract that every execution model keeps, as cases that any way in can be asked."""
