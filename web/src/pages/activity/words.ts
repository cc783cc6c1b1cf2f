import type { ActivityTaskFragment } from './gql/graphql';

/** What a task was asked in words; null for an answer in a conversation, whose words are the conversation's. */
export function wordsOf(task: ActivityTaskFragment): string | null {
  switch (task.__typename) {
    case 'GenerationTask':
      return task.prompt;
    case 'EditTask':
      return task.instruction;
    case 'UnderstandingTask':
      return task.question;
    case 'ReplyTask':
      return null;
  }
}
