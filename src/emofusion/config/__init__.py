"""The configuration: its keys, how it is read, what is wrong with one."""
