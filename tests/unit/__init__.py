"""The rules of each module of fanin, one file of tests for each, without network and without waiting."""
