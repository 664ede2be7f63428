"""Messages signed and encrypted on their way: CMS around them, an XML signature inside, certificates on both sides."""
