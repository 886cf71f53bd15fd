select * from answer()
