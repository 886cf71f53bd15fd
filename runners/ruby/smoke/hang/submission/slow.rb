def quick = 1

def forever = loop { quick }
