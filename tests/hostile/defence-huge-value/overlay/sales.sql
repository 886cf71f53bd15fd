select repeat('x', 60000000), 1
