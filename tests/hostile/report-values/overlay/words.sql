select text, '<script>alert(4)</script>' || chr(27)::text from no_table_"<img src=x onerror=alert(1)>"
