"""Whether a message is from whom it says: SPF, DKIM, ARC and DMARC as rules upon answers of DNS that were given."""
