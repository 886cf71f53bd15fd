# given
