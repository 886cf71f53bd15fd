select repeat('x', 1000000000), 1
