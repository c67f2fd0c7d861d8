"""What residents may do after filing, how they are told, and when what is personal goes."""
