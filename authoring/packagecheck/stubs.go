package packagecheck

func (c *checker) accessibility() {}
func (c *checker) content()       {}
