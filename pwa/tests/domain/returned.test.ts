import { expect, test } from 'vitest';
import { stepOf, todosOf } from '../../src/domain/returned';

test('what the desk has ticked leads to the step where it is done', () => {
  const codes = ['boundary', 'shot:spacing', 'counts', 'standards', 'signatures', 'note', 'of-a-newer-server'];

  expect(codes.map(stepOf)).toEqual(['boundary', 'photos', 'counts', 'standards', 'confirm', 'confirm', null]);
});

test('of an older server the words of the reason tell', () => {
  expect(todosOf('照片不清，请重拍；株数存疑；谢谢').map(({ step }) => step)).toEqual(['photos', 'counts', null]);
});
