/** What in a .proto file would break a program that was written for an older one. */
import protobuf from 'protobufjs';

/**
 * @param released the file that programs were written for
 * @param now      the file as it is
 * @returns a sentence for each change that breaks them; additions break nobody
 */
export function breakingChanges(released: string, now: string): string[] {
  const [before, after] = [promisesOf(released), promisesOf(now)];
  return [...before].flatMap(([what, promise]) => {
    const found = after.get(what);
    if (found === undefined) return [`${what} is gone; it was ${promise}`];
    return found === promise ? [] : [`${what} was ${promise} and is ${found}`];
  });
}

/** Everything that crosses the wire: `field Tensor.2` is `bytes data`. */
function promisesOf(file: string): Map<string, string> {
  const promises = new Map<string, string>();
  const visit = (parent: protobuf.NamespaceBase) => {
    for (const member of parent.nestedArray) {
      const name = member.fullName.slice(1);
      if (member instanceof protobuf.Type)
        for (const field of member.fieldsArray) promises.set(`field ${name}.${field.id}`, fieldText(field));
      if (member instanceof protobuf.Enum)
        for (const [value, number] of Object.entries(member.values)) promises.set(`value ${name}.${number}`, value);
      if (member instanceof protobuf.Service)
        for (const method of member.methodsArray) promises.set(`call ${name}.${method.name}`, methodText(method));
      if (member instanceof protobuf.Namespace) visit(member);
    }
  };
  visit(new protobuf.Root().loadSync(file, { keepCase: true }));
  return promises;
}

function fieldText({ name, type, repeated, partOf }: protobuf.Field): string {
  const oneof = partOf === null ? '' : partOf.isProto3Optional ? 'optional ' : `oneof ${partOf.name} `;
  return `${oneof}${repeated ? 'repeated ' : ''}${type} ${name}`;
}

function methodText({ requestType, requestStream, responseType, responseStream }: protobuf.Method): string {
  const stream = (streams: boolean | undefined) => (streams === true ? 'stream ' : '');
  return `${stream(requestStream)}${requestType} to ${stream(responseStream)}${responseType}`;
}
