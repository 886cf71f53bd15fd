select text, '<svg onload=alert(1)>'::"<img src=x onerror=alert(1)>|" as "</td>]]>|" from notes
