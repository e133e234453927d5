"""The way in of tasks: work that a queue hands over, some at a time, and again until it is done."""
