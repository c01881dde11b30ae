"""The figures, one module each: a function that returns the Figure, and `style.save` for all."""
