"""What ad removers ask a language model, answered by the classifier.

MinusPod, Podly, podcast-ad-remover and AdNihilator send a stretch of transcript to OpenAI's chat
completions and parse what comes back. Here the same calls are one run of the classifier: the same
answer every time, and always one that the program can parse.

lines -> reading (one tagging of all lines) -> the answer that the program expects. A program is a
module with its CALLS; `router` tells them apart by the shape of the user message, since people can
edit the prompts in every one of these programs.
"""
