select '', 0 where false
