"""The language of the shapes world, in one place to import from.

Drawing prompts and the defaults of what they leave out are in `prompts`, questions in `questions`, edits in `edits`, refusals,
small talk and conversations in `talk`, the words themselves in `words`.
"""

from .edits import EDIT_KINDS, EditSample, sample_edit
from .prompts import CATEGORIES, GENEVAL_CATEGORIES, PromptSample, sample_prompt
from .questions import QUESTION_TYPES, QuestionSample, caption, sample_question
from .talk import REFUSALS, Turn, sample_conversation, sample_refusal, sample_smalltalk
from .words import LANGUAGES

__all__ = [
    "CATEGORIES",
    "EDIT_KINDS",
    "GENEVAL_CATEGORIES",
    "LANGUAGES",
    "QUESTION_TYPES",
    "REFUSALS",
    "EditSample",
    "PromptSample",
    "QuestionSample",
    "Turn",
    "caption",
    "sample_conversation",
    "sample_edit",
    "sample_prompt",
    "sample_question",
    "sample_refusal",
    "sample_smalltalk",
]
