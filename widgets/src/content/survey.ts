// What the widget `survey` is told by the server (server/heimta/rules/contents/survey.py), texts and `labels` filled in.
import type { Text, WidgetContext } from '../../../snippet/src/types.ts'
import type { h } from '../dom.ts'

export type Ask = 'slider' | 'rating' | 'nps' | 'choice' | 'choices' | 'text'

/** Where an answer leads: the first rule that holds; `to` is a question's number, or that of the end, beyond the last. */
export interface Rule {
  to: number
  at_least?: number
  at_most?: number
  chosen?: string[]
}

export interface Question {
  ask: Ask
  name: string
  question: Text
  /** how many are asked from this one on, itself included, on the longest way */
  left: number
  /** slider, rating, nps */
  min?: number
  max?: number
  step?: number
  low?: Text
  high?: Text
  /** rating */
  shape?: 'stars' | 'faces'
  /** id and text; with the id `other` it takes words */
  choices?: [string, Text][]
  next?: Rule[]
}

export interface SurveyContent {
  widget: 'survey'
  questions: Question[]
  thanks: Text
  /** close, send; by what is asked also next, back, of ("{n} of {of}"), skip, private */
  labels: Record<string, Text>
}

/** What is given on a question; kept while the shopper walks on and back. */
export interface Answer {
  value?: number
  choices?: string[]
  text?: string
}

/**
 * Draws one kind of question: its inputs write into `answer`, and let it be sent once it is one. `send` is in the row of
 * buttons; `go` does what it does.
 */
export type Field = (question: Question, answer: Answer, send: HTMLButtonElement, go: () => void) => Node[]

/** What the later file `questions` gives the survey. */
export interface Questions {
  css: string
  fields: Partial<Record<Ask, Field>>
  /** the number of the question after this one; tells what is taken back on the way there */
  next(index: number, tell: (question: Question, said: Answer, done: boolean) => void): number
  /** where the shopper is, and the way back */
  foot(way: number[], show: (way: number[]) => void): Node
}

/** It is lent what the survey has anyway. */
export type MakeQuestions = (lent: {
  ctx: WidgetContext
  h: typeof h
  text(label: string, values?: Record<string, number>): string
  /** the words at both ends of a scale */
  ends(question: Question): Node
  questions: Question[]
  /** by question */
  given: Answer[]
}) => Questions
