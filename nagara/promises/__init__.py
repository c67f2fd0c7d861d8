"""When an answer is due: the working time of departments, the clocks of a request, and its pauses."""
