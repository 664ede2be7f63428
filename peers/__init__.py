"""The other side: small programs that play hospitals and others. They have code of their own and import no Akson."""
