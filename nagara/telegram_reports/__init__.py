"""Residents report by the Telegram bot: words, pictures and a place in any order, then what is missing is asked."""
