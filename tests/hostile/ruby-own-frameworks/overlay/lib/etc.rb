warn "BREACH"
exit!(0)
