"""One file per message type, both ways. Importing this package registers them all."""

from akson.exchange.messages import apprec, dialogmelding, fagdokument, pleieomsorg, svarrapport

__all__ = ["apprec", "dialogmelding", "fagdokument", "pleieomsorg", "svarrapport"]
