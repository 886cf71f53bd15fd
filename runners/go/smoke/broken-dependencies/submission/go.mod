module shop

requires tea.example/leaf v1.0.0
