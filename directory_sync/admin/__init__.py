"""Staff's pages in Django admin."""
