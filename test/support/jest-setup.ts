/** Runs before each test file: type-graphql's decorators write through this polyfill. */
import 'reflect-metadata';
