select '<script>alert(1)</script>' || chr(27) || '[31m' || chr(8238) as "<script>alert(3)</script>|", ']]>' || chr(7) as "](javascript:x)"
