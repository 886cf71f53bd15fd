do $$ begin raise exception E'<script>alert(2)</script>\x1b[2J\n::error::x' using detail = E'\u202e</td>]]>![x](http://evil.invalid/)'; end $$
